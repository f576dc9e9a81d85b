const form=document.forms[0],told=form.dataset;form.querySelector('.save').hidden=false;
form.addEventListener('submit',event=>{event.preventDefault();
const line=cells=>cells.map(cell=>'"'+cell.replace(/"/g,'""')+'"').join(',')+'\r\n';
const lines=[...new FormData(form)].map(([name,value])=>line([told.study,told.user,...name.split(' '),value]));
const link=document.createElement('a');link.download=told.file;
link.href=URL.createObjectURL(new Blob([line(['study','user','phase','item','answer']),...lines],{type:'text/csv'}));
link.click();form.querySelector('.saved').hidden=false;});
