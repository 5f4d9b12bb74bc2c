// Two sheets side by side, or one over the other with a slider: without this, they are side by side.
document.documentElement.classList.add('scripted');
const compare = document.getElementById('compare');
const show = over => compare.classList.toggle('one-over-other', over);
for (const way of compare.querySelectorAll('input[name=view]'))
  way.addEventListener('change', () => show(way.value === 'over' && way.checked));
const slider = compare.querySelector('input[type=range]');
slider.addEventListener('input', () => compare.style.setProperty('--at', slider.value + '%'));
if (matchMedia('(max-width: 50rem)').matches) {
  compare.querySelector('input[value=over]').checked = true;
  show(true);
}
